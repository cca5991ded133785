"""The time of day at which something happens, by the profile of its hours: an exact change of time, which needs no draw."""

from __future__ import annotations

import numpy as np

from icsim._compile import equation


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
