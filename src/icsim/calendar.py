"""Days, months, hours of the week and financial years: local clock time, no daylight saving.

Residents live in days since the start (float), services in whole milliseconds since the start (int). A year of age is
365.25 days; months and financial years are those of the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

DAYS_PER_YEAR = 365.25
MS_PER_DAY = 86_400_000
MS_PER_HOUR = 3_600_000
MS_PER_MINUTE = 60_000
HOURS_PER_WEEK = 168
YEARS = range(1900, 2201)
"""Calendar years that tables may name. A short one (19, 25) would silently be one of the first century: in force always."""


def days_between(start: date, end: date) -> int:
    """Whole days from `start` to `end`."""
    return (end - start).days


def add_months(day: date, months: int) -> date:
    """The first of the month that lies `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def add_years(day: date, years: int) -> date:
    """The same date `years` later (29 February becomes 1 March)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def financial_year(day: date) -> str:
    """The label of the financial year (1 April to 31 March) that holds `day`, as in 2025/26."""
    first = day.year if (day.month, day.day) >= (4, 1) else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


@dataclass(frozen=True)
class Beat:
    """One beat of the heartbeat: a stretch of whole days [start_day, end_day) since the origin of the run."""

    first: date
    start_day: int
    end_day: int

    @property
    def end_ms(self) -> int:
        """The end in milliseconds since the origin of the run."""
        return self.end_day * MS_PER_DAY


@dataclass(frozen=True)
class Calendar:
    """A run's horizon cut into beats (month or week) and into the periods by which results are reported.

    Time is counted from the origin: services fill up between it and the start, and nothing of that is reported.
    """

    origin: date
    start: date
    end: date
    beats: tuple[Beat, ...]
    periods: tuple[str, ...]
    """Labels of the reporting periods, as in 2025/26."""
    edges: np.ndarray
    """float64[periods + 1], days since the origin at which each period begins; the last entry is the end."""

    @property
    def days(self) -> int:
        """Days from the origin to the end."""
        return days_between(self.origin, self.end)

    @property
    def start_day(self) -> int:
        """Days from the origin to the start."""
        return days_between(self.origin, self.start)


def calendar(start: date, years: int, heartbeat: str = "month", report_by: str = "financial year",
             warm_up_months: int = 0) -> Calendar:
    """Cut `years` years from `start`, and the months before it, into beats ("month" or "week"); and the years into
    periods ("financial year" or "month").
    """
    origin = add_months(start, -warm_up_months) if warm_up_months else start
    end = add_years(start, years)
    months = _months(start, end)
    if report_by == "month":
        edges, labels = months, [f"{day:%Y-%m}" for day in months[:-1]]
    else:
        edges = [day for day in months if day in (start, end) or (day.month, day.day) == (4, 1)]
        labels = [financial_year(day) for day in edges[:-1]]
    before = _months(origin, start) if warm_up_months else [start]
    cuts = [*before[:-1], *months] if heartbeat == "month" else _weeks(origin, end, [*edges, start])
    beats = tuple(Beat(a, days_between(origin, a), days_between(origin, b)) for a, b in pairwise(cuts))
    days = np.array([days_between(origin, day) for day in edges], np.float64)
    return Calendar(origin, start, end, beats, tuple(labels), days)


def _months(start: date, end: date) -> list[date]:
    cuts, day = [start], add_months(start, 1)
    while day < end:
        cuts.append(day)
        day = add_months(day, 1)
    return [*cuts, end]


def _weeks(start: date, end: date, edges: list[date]) -> list[date]:
    """Weeks, cut once more where a reporting period or a calendar year begins, so that no beat lies in two of them."""
    weeks = {start + timedelta(days=n) for n in range(0, days_between(start, end), 7)}
    new_years = {date(year, 1, 1) for year in range(start.year + 1, end.year + 1)}
    return sorted({*weeks, *edges, *(day for day in new_years if day < end)})


def hour_of_week(start: date, hours: np.ndarray) -> np.ndarray:
    """Hour of the week (0 = Monday 00:00) of each hour since the start: int64[hours]."""
    return (start.weekday() * 24 + hours) % HOURS_PER_WEEK
