"""When in the year, the week and the day things happen: profiles from rows to arrays."""

from __future__ import annotations

import numpy as np

from icsim.calendar import HOURS_PER_WEEK
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


def rota(catalogue: Catalogue, profile: str) -> np.ndarray:
    """float64[168]: share of the servers on duty in each hour of the week; 1 in the hour that has most."""
    by_hour = np.outer(relative(catalogue, profile, "weekday"), relative(catalogue, profile, "hour"))
    return (by_hour / by_hour.max()).reshape(HOURS_PER_WEEK)


def cumulative_hours(catalogue: Catalogue, profile: str) -> np.ndarray:
    """float64[25]: share of the day's cases by the start of each hour."""
    by_hour = relative(catalogue, profile, "hour")
    return np.r_[0.0, np.cumsum(by_hour) / by_hour.sum()]
