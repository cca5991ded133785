"""When in the year, the week and the day things happen: profiles from rows to arrays, and the day's time change."""

from __future__ import annotations

import numpy as np

from icsim._compile import equation
from icsim.catalogue.load import Catalogue


def relative(catalogue: Catalogue, profile: str, part: str) -> np.ndarray:
    """Relative frequency with mean 1 by month (float64[12]), weekday ([7], Monday first) or hour ([24]).

    Even where the profile says nothing.
    """
    count, first = {"month": (12, 1), "weekday": (7, 0), "hour": (24, 0)}[part]
    values = np.ones(count)
    for row in catalogue.profiles:
        if (row.profile, row.part) == (profile, part):
            values[row.index - first] = row.value
    return values / values.mean()


def cumulative_hours(catalogue: Catalogue, profile: str) -> np.ndarray:
    """float64[25]: share of the day's cases by the start of each hour."""
    by_hour = relative(catalogue, profile, "hour")
    return np.r_[0.0, np.cumsum(by_hour) / by_hour.sum()]


@equation
def time_of_day(hours, t):
    """Day t mapped through the inverse of the hour profile: same day, same order, busier hours hold more of it."""
    day = np.floor(t)
    share = t - day
    h = 0
    while h < 23 and share >= hours[h + 1]:
        h += 1
    inside = (share - hours[h]) / max(hours[h + 1] - hours[h], 1e-12)
    return day + (h + min(inside, 0.9995)) / 24.0  # at most 1.8 s before the hour is over
