"""The residents of one replication: they advance through a beat, take back outcomes, and are counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel, own_copy, records
from icsim.areas import moves
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR, Beat
from icsim.errors import EngineError
from icsim.order import in_order, joined
from icsim.residents import advance as loops
from icsim.residents import enter
from icsim.residents.beat import BIRTH_RECORD, BIRTHS, DEMANDS, DEPARTURES, FLOWS, scratch
from icsim.residents.beat import Beat as Tables
from icsim.residents.build import Built, streams
from icsim.residents.model import ResidentModel
from icsim.residents.sharing import Crew, T
from icsim.state import BANDS, LIVING, PLACE, QUINTILES, SEXES, People, copy_of
from icsim.tables import DEMAND, DEPARTURE

_DUE = 64
"""Residents fetched from memory side by side."""
WORTH_SWEEPING, _WORTH_ADMITTING, _WORTH_RELEASING = 50_000, 2_000, 10_000
"""Residents in a piece of work: below that, one worker is as fast as several."""


class Handed(NamedTuple):
    """What the residents hand to the services for one beat."""

    demands: np.ndarray  # DEMAND, sorted by (ms, key)
    departures: np.ndarray  # DEPARTURE, sorted by (ms, resident)


class Residents:
    """People with the model that moves them. Rows are never reused; newcomers take the rows after the last."""

    def __init__(self, built: Built, area: Area, seed: int, people: People, rows: int, days: int,
                 edges: np.ndarray | None = None, workers: int = 1):
        """`people` is this replication's own; `rows` of it are filled; `edges`: float64, days at which periods begin.

        `workers`: threads that sweep a share of the residents each; their number changes no result.
        """
        self.built, self.area, self.people, self.rows = built, area, people, rows
        self.model = built.model
        self.streams = streams(built.layout, seed)
        self.edges = np.array([0.0, days]) if edges is None else edges
        self.cells = len(area.places) * QUINTILES * SEXES * BANDS
        columns = 1 + len(built.layout.weights) + len(FLOWS) + len(built.layout.events)
        self._arrivals = _Arrivals(area, seed)
        tally = len(self.edges) - 1, self.cells, columns
        self._tables = [_tables(self.edges, tally, self.model) for _ in range(workers)]
        self._crew = Crew(workers)
        self._year: int | None = None
        self._lived = 0

    @property
    def tally(self) -> np.ndarray:
        """int64[period, cell, column]: what all workers have counted."""
        first, *others = (tables.tally for tables in self._tables)
        return sum(others, start=first)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `tally`, weights as the time lived × weight."""
        layout = self.built.layout
        return ("person", *layout.weights, *FLOWS, *(event.event for event in layout.events))

    def populate(self, newcomers: np.ndarray) -> None:
        """Fill the first rows with a starting population (BIRTH_RECORD, sorted by birthday)."""
        self._crew.share(0, len(newcomers), WORTH_SWEEPING, lambda n, a, b: enter.start(
            self.model, self.streams, self.people, newcomers, a, b, self._tables[n].scratch))
        self.rows = len(newcomers)

    def draw_holds(self, day: float) -> None:
        """Who keeps a server for long on this day is drawn anew from the prevalences."""
        self._crew.share(0, self.rows, WORTH_SWEEPING, lambda n, a, b: enter.draw_holds(
            self.model, self.streams, self.people, np.float32(day), a, b, self._tables[n].scratch))

    def advance(self, beat: Beat, served: bool = True) -> Handed:
        """Everybody up to the end of the beat; children and arrivals enter and live through the rest of it."""
        self._keep_trend(beat)
        self._lived = beat.end_day
        hint = self._period(beat)
        self._sweep(0, self.rows, beat, hint, served)
        newcomers = self._newcomers(beat)
        while len(newcomers):  # those who arrive may have children before the beat ends
            first = self.rows
            self._admit(newcomers, hint)
            for tables in self._tables:
                tables.used[BIRTHS] = 0
            self._sweep(first, self.rows, beat, hint, served)
            newcomers = self._children()
        handed = self._handed()
        self._clear()
        return handed

    def meanwhile(self, task: Callable[[], T]) -> Callable[[], T]:
        """Another worker does something that touches no resident; what is returned waits for what comes of it."""
        return self._crew.meanwhile(task)

    def run_ahead(self, beat: Beat, served: bool = True) -> Callable[[], None]:
        """Whoever has no open case begins to live through the beat after the last, on all workers that are free: what
        services answer meanwhile concerns others. Returns what lends them this worker and waits until they are there; only
        then may outcomes come back.

        `advance` is called for the same beat afterwards, and finds them where they would have come to. Nobody runs ahead
        into a year of other trends.
        """
        if self._crew.workers == 1 or beat.first.year != self._year:
            return lambda: None
        hint = self._period(beat)
        return self._crew.begin(0, self.rows, WORTH_SWEEPING,
                                lambda n, a, b: self._sweep_part(n, a, b, beat, hint, served, True))

    def apply(self, moves: np.ndarray) -> None:
        """What services say of cases (MOVE): outcomes take effect at their own times, and whoever has none left is free."""
        if len(moves):
            hint = max(int(np.searchsorted(self.edges, moves["ms"].min() / 86_400_000, side="right")) - 1, 0)
            lived, moves = np.float32(self._lived), in_order(own_copy(moves), "resident", "ms")
            self._crew.share(0, len(moves), _WORTH_RELEASING, lambda n, a, b: loops.apply_moves(
                self.model, self.streams, self.people, moves, a, b, lived, self.edges, hint, self._tables[n].tally))

    def at_level(self, attribute: str, level: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Living residents at this level: their rows int32[n], places int32[n] and keys uint64[n]."""
        layout, people = self.built.layout, self.people
        here = people.level[: self.rows, layout.attribute(attribute)] == layout.level(attribute, level)
        rows = np.flatnonzero(here & (people.person["status"][: self.rows] == LIVING)).astype(np.int32)
        return rows, people.level[rows, PLACE].astype(np.int32), np.array(people.person["key"][rows])

    def open_books(self, day: int) -> None:
        """Whatever was counted before `day`, up to which everybody has lived, is forgotten.

        Deaths of which the services were told last happen first; what else was due is handed over with the next beat.
        """
        self._sweep(0, self.rows, Beat(self.area.population_date, day, day), 0, served=True)
        self._tally_up_to(day, 0)
        for tables in self._tables:
            tables.tally[:] = 0

    def adopt(self, built: Built, day: int) -> None:
        """From `day` on, up to which everybody has lived, another model of the same axes holds."""
        trend = built.trends.get(self._year or 0, built.model.trend).copy()
        old, self.built, self.model = self.model, built, built.model._replace(trend=trend)
        self._crew.share(0, self.rows, WORTH_SWEEPING, lambda _, a, b: loops.adopt(
            old, self.model, self.people, np.float32(day), a, b, scratch(old).rates, scratch(old).rates))

    def close(self, last: Beat) -> None:
        """After the last beat: what was due since late outcomes happens, unserved; everybody's time is tallied."""
        hint = len(self.edges) - 2
        end = Beat(last.first, last.end_day, last.end_day)
        self._clear()
        self._sweep(0, self.rows, end, hint, served=False)
        self._admit(self._newcomers(end), hint)
        self._tally_up_to(last.end_day, hint)
        self.dismiss()

    def dismiss(self) -> None:
        """No more is to be done: the other threads end."""
        self._crew.close()

    def census(self) -> np.ndarray:
        """int64[cell]: residents now."""
        counts = np.zeros(self.cells, np.int64)
        loops.census(self.people, counts, 0, self.rows)
        return counts

    def _tally_up_to(self, day: int, hint: int) -> None:
        """The time that everybody has lived up to `day` is tallied."""
        self._crew.share(0, self.rows, WORTH_SWEEPING, lambda n, a, b: loops.settle(
            self.people, np.float32(day), self.edges, hint, self._tables[n].tally, a, b))

    def _clear(self) -> None:
        for tables in self._tables:
            tables.used[:] = 0

    def _sweep(self, first: int, last: int, beat: Beat, hint: int, served: bool) -> None:
        """Rows first … last − 1 up to the end of the beat."""
        self._crew.share(first, last, WORTH_SWEEPING, lambda n, a, b: self._sweep_part(n, a, b, beat, hint, served))

    def _period(self, beat: Beat) -> int:
        """The reporting period in which the beat begins."""
        return int(np.searchsorted(self.edges, beat.start_day, side="right")) - 1

    def _sweep_part(self, n: int, first: int, last: int, beat: Beat, hint: int, served: bool, ahead: bool = False) -> None:
        start, end = np.float32(beat.start_day), np.float32(beat.end_day)
        while first < last:
            first = loops.advance(self.model, self.streams, self.people, first, last, start, end, hint, self._tables[n],
                                  served, ahead)
            if first < last:
                self._tables[n] = _grown(self._tables[n])

    def _newcomers(self, beat: Beat) -> np.ndarray:
        """Children of this beat and its arrivals, sorted by day and key."""
        return in_order(joined([self._born(), self._arrivals.within(beat)]), "day", "key")

    def _born(self) -> np.ndarray:
        return joined([tables.births[: tables.used[BIRTHS]] for tables in self._tables])

    def _children(self) -> np.ndarray:
        """Those born in the last sweep, sorted by day and key; a table of its own."""
        return in_order(self._born(), "day", "key")

    def _admit(self, newcomers: np.ndarray, hint: int) -> None:
        if self.rows + len(newcomers) > len(self.people.next):
            self.people = copy_of(self.people, (self.rows + len(newcomers)) * 5 // 4)
        self._crew.share(0, len(newcomers), _WORTH_ADMITTING, lambda n, a, b: enter.enter(
            self.model, self.streams, self.people, newcomers[a:b], self.rows + a, hint, self._tables[n]))
        self.rows += len(newcomers)

    def _handed(self) -> Handed:
        demands = joined([tables.demands[: tables.used[DEMANDS]] for tables in self._tables])
        departures = joined([tables.departures[: tables.used[DEPARTURES]] for tables in self._tables])
        return Handed(in_order(demands, "ms", "key"), in_order(departures, "ms", "resident"))

    def _keep_trend(self, beat: Beat) -> None:
        """On the first beat of a calendar year its trend factors come into force."""
        year = beat.first.year
        if year == self._year:
            return
        old, new = self.model.trend.copy(), self.built.trends.get(year, self.model.trend)
        self.model = self.model._replace(trend=new.copy())
        if self._year is not None and (old != new).any():
            changed, day = np.flatnonzero(old != new), np.float32(beat.start_day)
            self._crew.share(0, self.rows, WORTH_SWEEPING, lambda _, a, b: loops.change_trend(
                self.model, self.people, changed, old, new, day, a, b))
        self._year = year


def _tables(edges: np.ndarray, tally: tuple[int, ...], model: ResidentModel) -> Tables:
    """What one worker writes."""
    return Tables(edges, np.zeros(tally, np.int64), records(8192, DEMAND), records(8192, DEPARTURE),
                  records(4096, BIRTH_RECORD), np.zeros(3, np.int64), np.zeros(_DUE + 1, np.int64), scratch(model))


def _grown(tables: Tables) -> Tables:
    """The same, with whichever table is full doubled."""
    for name, used in (("demands", DEMANDS), ("departures", DEPARTURES), ("births", BIRTHS)):
        table = getattr(tables, name)
        if tables.used[used] >= len(table):
            larger = records(2 * len(table), table.dtype)
            larger[: len(table)] = table
            grown: dict[str, Any] = {name: larger}
            tables = tables._replace(**grown)
    return tables


class _Arrivals:
    """People who move into the area: Poisson streams for each place, addressed by (place, date, number).

    A place has as many streams, or layers, as its factor of the year has: each brings the people of `flows.csv`, all of them
    where the factor reaches over it, a part of them where it ends in it. So those who come with a factor come with every
    higher one, at the same time and as the same people, and a factor of 1 is no factor.
    """

    def __init__(self, area: Area, seed: int):
        per_year = moves.arrivals(area).reshape(len(area.places), -1)
        self._per_day = per_year.sum(axis=1) / DAYS_PER_YEAR
        self._cumulative = np.cumsum(per_year, axis=1) / np.maximum(per_year.sum(axis=1, keepdims=True), 1e-300)
        self._area = area
        self._factors: dict[int, np.ndarray] = {}
        self._gap = rng.stream(seed, "arrival gap")
        self._kept = rng.stream(seed, "arrival kept")
        self._who = rng.stream(seed, "arrival who")
        self._name = rng.stream(0, f"arrival.{area.name}")

    def within(self, beat: Beat) -> np.ndarray:
        """BIRTH_RECORD rows of those who arrive in this beat.

        Days are addressed by their date, so nobody who came before the start shares a key with one who comes after it.
        """
        start_day, end_day = beat.start_day, beat.end_day
        factor = self._by_day(beat)
        room = int((self._per_day * factor.sum(axis=1)).sum() * 1.2) + 1000
        table = records(room, BIRTH_RECORD)
        first_date = beat.first.toordinal() - start_day
        used = _draw_arrivals(self._gap, self._who, self._name, self._kept, self._per_day, factor, self._cumulative,
                              first_date, start_day, end_day, table)
        if used < 0:
            raise EngineError(f"more than {room} arrivals between day {start_day} and day {end_day}")
        return table[:used]

    def _by_day(self, beat: Beat) -> np.ndarray:
        """The factor of each day of the beat, by its date: float64[place, day]."""
        years = [date.fromordinal(beat.first.toordinal() + n).year for n in range(beat.end_day - beat.start_day)]
        for year in {*years} - self._factors.keys():
            self._factors[year] = moves.arrival_factors(self._area, range(year, year + 1))[:, 0]
        days = [self._factors[year] for year in years]
        return np.ascontiguousarray(np.array(days).reshape(len(days), len(self._per_day)).T)


@kernel
def _draw_arrivals(gap, who, name, kept, per_day, factor, cumulative, first_date, start_day, end_day, table):
    """Arrivals of each day at exponential gaps, so that a day's arrivals do not depend on how days are grouped."""
    used = 0
    places = per_day.shape[0]
    for p in range(places):
        if per_day[p] > 0.0:
            for day in range(start_day, end_day):
                layer, left = 0, factor[p, day - start_day]
                while left > 0.0:
                    key = rng.address(name, np.uint64(p + layer * places), np.uint64(day + first_date))
                    used = _draw_layer(gap, who, name, kept, key, left, per_day[p], cumulative[p], p, day, table, used)
                    if used < 0:
                        return -1
                    layer, left = layer + 1, left - 1.0
    return used


@inlined
def _draw_layer(gap, who, name, kept, key, left, per_day, cumulative, p, day, table, used):
    """One day of one layer, of which a share `left` comes: rows of `table` filled by then, or −1 where it is full."""
    n = np.uint64(0)
    t = rng.exponential(rng.draw(gap, key, n)) / per_day
    while t < 1.0:
        person = rng.address(name, key, n + np.uint64(1))
        if left >= 1.0 or rng.draw(kept, person, 0) < left:
            if used == table.shape[0]:
                return -1
            _fill_arrival(table[used], person, who, p, np.float64(day) + t, cumulative)
            used += 1
        n += np.uint64(1)
        t += rng.exponential(rng.draw(gap, key, n)) / per_day
    return used


@inlined
def _fill_arrival(row, key, who, place, t, cumulative):
    """Who arrives: sex, quintile and age by the place's arrivals, a uniform birthday."""
    u = rng.draw(who, key, 0)
    low, high = 0, cumulative.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] <= u:
            low = middle + 1
        else:
            high = middle
    age = low % 91
    row.key = key
    row.day = t
    row.place = place
    row.sex = low // (91 * 5)
    row.quintile = (low // 91) % 5
    row.age = age
    row.birth = t - 365.25 * (age + rng.draw(who, key, 1))

