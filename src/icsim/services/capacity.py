"""How many servers each pool has planned, hour by hour: opening hours, rota, and the declared path over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from icsim.areas import schedule
from icsim.areas.load import Area
from icsim.areas.rows import Pool
from icsim.calendar import HOURS_PER_WEEK, MS_PER_HOUR, hour_of_week
from icsim.catalogue.load import Catalogue
from icsim.catalogue.profiles import rota
from icsim.services.model import REVIEW, UNLIMITED

REVIEW_HOUR = 8
"""Hour of the day at which pressure is taken and escalation servers are opened or closed."""
YEAR_BEGINS = 4
"""Month in which a step of the capacity path comes into force (a financial year)."""


More = Mapping[str, Sequence[tuple[int, Sequence[int]]]]
"""Pool → (day, servers by day of the week, Monday first): from that day on it has so many servers more (fewer, below 0) than
the area's tables say.
"""


def changes(catalogue: Catalogue, area: Area, start: date, days: int, growth: bool, again: int,
            more: More | None = None) -> np.ndarray:
    """int64[change, 3]: (millisecond, pool, planned servers or REVIEW), sorted; a review comes after a change.

    `again`: a day at which the capacity of every pool is stated whether it changes or not.
    """
    hours = np.arange(days * 24)
    week = hour_of_week(start, hours)
    year = _financial_years(start, days)
    reviewed = {row.service for row in catalogue.congestion}
    tables = [np.zeros((0, 3), np.int64)]
    for p, pool in enumerate(area.pools):
        path = _path(area, pool.service, year) if growth else np.ones(days)
        number = np.repeat((pool.value or 0.0) * path, 24) + _more((more or {}).get(pool.pool, ()), pool, week)
        planned = _on_duty(catalogue, pool, week, number)
        differs = np.diff(planned, prepend=-1) != 0
        differs[again * 24] = True
        tables.append(_rows(np.flatnonzero(differs), p, planned[differs]))
        if pool.service in reviewed and pool.value is not None:
            at = hours[hours % 24 == REVIEW_HOUR]
            tables.append(_rows(at, p, np.full(len(at), REVIEW)))
    table = np.concatenate(tables)
    return table[np.lexsort((table[:, 2] == REVIEW, table[:, 1], table[:, 0]))]


def _rows(hours: np.ndarray, pool: int, planned: np.ndarray) -> np.ndarray:
    return np.stack([hours * MS_PER_HOUR, np.full(len(hours), pool), planned], axis=1)


def _more(steps: Sequence[tuple[int, Sequence[int]]], pool: Pool, week: np.ndarray) -> np.ndarray:
    """float64[hour]: servers more than the tables say; each step holds until the next. Hours past midnight belong to the
    shift that began the day before. week: int64[hour], hours of the week.
    """
    more = np.zeros(len(week))
    if steps:
        weekday = (week - schedule.after_midnight(schedule.parse(pool.open))) % HOURS_PER_WEEK // 24
        for day, servers in steps:
            more[day * 24 :] = np.array(servers)[weekday[day * 24 :]]
    return more


def _on_duty(catalogue: Catalogue, pool: Pool, week: np.ndarray, number: np.ndarray) -> np.ndarray:
    """int64[hour]: servers, of `number` (float64[hour]) that there are; in any open hour of the rota, at least one."""
    is_open = schedule.parse(pool.open)[week]
    if pool.value is None:
        return np.where(is_open, UNLIMITED, 0)
    share = rota(catalogue, pool.rota)[week]
    servers = np.floor(number * share + 0.5).clip(0, UNLIMITED).astype(np.int64)
    least = (number >= 1) & (share > 0)
    return np.where(is_open, np.maximum(servers, least), 0)


def _path(area: Area, service: str, year: np.ndarray) -> np.ndarray:
    """float64[day]: the ratio in force in the financial year that begins in `year`: int64[day]."""
    path = np.ones(len(year))
    for row in sorted((row for row in area.capacity if row.service == service), key=lambda row: row.from_year):
        path[year >= row.from_year] = row.value
    return path


def _financial_years(start: date, days: int) -> np.ndarray:
    """int64[day]: the calendar year in which each day's financial year begins."""
    dates = [start + timedelta(day) for day in range(days)]
    return np.array([day.year - (day.month < YEAR_BEGINS) for day in dates])
