"""Cases of people who are no residents, and planned care: streams that come by season, weekday and hour.

A day of a stream is an address of its own, so one case more or less changes no other day and no other stream.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from icsim import rng
from icsim._compile import kernel, records
from icsim.calendar import MS_PER_DAY, Beat
from icsim.catalogue.daytime import time_of_day
from icsim.catalogue.load import Catalogue
from icsim.catalogue.profiles import cumulative_hours, relative
from icsim.order import joined
from icsim.services.names import Layout
from icsim.tables import DEMAND, NOBODY


class Background:
    """The streams of one replication."""

    def __init__(self, catalogue: Catalogue, layout: Layout, start: date, days: int, seed: int):
        """A run of `days` days from `start`; what already waits then comes in its first instant."""
        self._streams = layout.streams
        self._kind = [layout.demand(stream.event) for stream in layout.streams]
        self._place = [layout.places.index(stream.stream) for stream in layout.streams]
        profiles = [catalogue.event(stream.event).profile for stream in layout.streams]
        self._hours = [cumulative_hours(catalogue, profile) for profile in profiles]
        self._per_day = [stream.value * _seasons(catalogue, profile, start, days)
                         for stream, profile in zip(layout.streams, profiles, strict=True)]
        self._name = [rng.stream(seed, f"stream.{stream.stream}") for stream in layout.streams]
        self._first_date = start.toordinal()

    def within(self, beat: Beat) -> np.ndarray:
        """DEMAND[]: cases of this beat, in no order."""
        parts = [records(0, DEMAND), *(self._of(n, beat) for n in range(len(self._streams)))]
        return joined(parts)

    def _of(self, n: int, beat: Beat) -> np.ndarray:
        backlog = self._streams[n].backlog if beat.start_day == 0 else 0
        expected = float(self._per_day[n][beat.start_day : beat.end_day].sum())
        table = records(int(expected + 10 * expected**0.5) + 100 + backlog, DEMAND)
        used = _draw(self._name[n], self._first_date, self._per_day[n], self._hours[n], beat.start_day, beat.end_day,
                     backlog, table)
        cases = table[:used]
        cases["resident"], cases["cell"] = NOBODY, -1
        cases["kind"], cases["place"] = self._kind[n], self._place[n]
        return cases


def _seasons(catalogue: Catalogue, profile: str, start: date, days: int) -> np.ndarray:
    """float64[day]: how many times as many cases as on a mean day."""
    by_month, by_weekday = (relative(catalogue, profile, part) for part in ("month", "weekday"))
    dates = [start + timedelta(day) for day in range(days)]
    return np.array([by_month[day.month - 1] * by_weekday[day.weekday()] for day in dates])


@kernel
def _draw(name, first_date, per_day, hours, start_day, end_day, backlog, table):
    """Fill times and keys of a Poisson stream, each day from exponential gaps of its own; returns the rows used."""
    used = 0
    for waiting in range(backlog):
        table[used].ms = np.int64(start_day) * MS_PER_DAY
        table[used].key = rng.address(name, np.uint64(0), np.uint64(waiting))
        used += 1
    for day in range(start_day, end_day):
        key = rng.address(name, np.uint64(day + first_date), np.uint64(0))
        n = np.uint64(1)
        t = rng.exponential(rng.draw(name, key, n))
        while t < per_day[day] and used < table.shape[0]:
            table[used].ms = np.int64(time_of_day(hours, day + t / per_day[day]) * MS_PER_DAY)
            table[used].key = rng.address(name, key, n + np.uint64(1) << np.uint64(32))
            used += 1
            n += np.uint64(1)
            t += rng.exponential(rng.draw(name, key, n))
    return used
