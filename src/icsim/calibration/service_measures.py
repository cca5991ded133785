"""What services do: counts, rates, ratios, waits, occupancy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icsim.calibration.leavings import MS_PER_YEAR, POOL_SUMS, WAIT_SUMS, Leavings, NotComparedError
from icsim.calibration.rows import OLDEST, Target
from icsim.calibration.selection import (
    band_mask,
    expression,
    of_cells,
    person_years,
    quintile_mask,
    years_of,
)
from icsim.outcomes.lifetable import standardised_rate


def _divided(part: float, whole: float) -> float:
    if whole <= 0:
        raise NotComparedError("nothing to compare with in this run")
    return part / whole


def count(leavings: Leavings, target: Target) -> float:
    """How often it happens in a year."""
    years = leavings.axes.years[years_of(leavings, target)]
    return expression(leavings, target.of, target) / len(years) / leavings.replications


def rate(leavings: Leavings, target: Target) -> float:
    """How often it happens per 100,000 person-years."""
    return 1e5 * _divided(expression(leavings, target.of, target), person_years(leavings, target))


def standardised(leavings: Leavings, target: Target) -> float:
    """The same, directly standardised for age (European standard population of 2013)."""
    years, fifths, ages = years_of(leavings, target), quintile_mask(target), band_mask(target)
    events, lived = (of_cells(leavings, name, target)[years][:, fifths].sum(axis=(0, 1)) * ages
                     for name in (target.of, "person_time_ms"))
    if not lived.any():
        raise NotComparedError("nobody to compare with")
    return standardised_rate(events, lived / MS_PER_YEAR)


def fifth_ratio(leavings: Leavings, target: Target) -> float:
    """Rate in a deprivation fifth over the rate in the least deprived."""
    least = replace(target, quintile=5)
    return _divided(rate(leavings, target), rate(leavings, least))


def relative_rate(leavings: Leavings, target: Target) -> float:
    """Rate at these ages over the rate at all ages."""
    return _divided(rate(leavings, target), rate(leavings, replace(target, age_from=0, age_to=OLDEST)))


def ratio(leavings: Leavings, target: Target) -> float:
    """One count as % of another ("a/b")."""
    part, _, whole = target.of.partition("/")
    return 100 * _divided(expression(leavings, part, target), expression(leavings, whole, target))


# Waits and pools -----------------------------------------------------------------------------------------------------


def _pool_indices(leavings: Leavings, target: Target) -> list[int]:
    """The pools named; raises NotComparedError where the area lacks one."""
    for name in target.pools:
        if name not in leavings.axes.pools:
            raise NotComparedError(f"the area has no pool {name}")
    return [leavings.axes.pools.index(name) for name in target.pools]


def _wait(leavings: Leavings, name: str, target: Target) -> np.ndarray:
    """float64[WAIT_SUMS] of a wait: at the pools that are named, or of residents."""
    if not leavings.has(f"waits.{name}"):
        raise NotComparedError(f"nobody waited for {name}")
    at = _pool_indices(leavings, target) or [len(leavings.axes.pools)]
    return leavings.table(f"waits.{name}")[years_of(leavings, target)][:, at].sum(axis=(0, 1)).astype(np.float64)


def mean_wait(leavings: Leavings, target: Target) -> float:
    """Mean of a wait or response in minutes."""
    found = _wait(leavings, target.of, target)
    return _divided(found[WAIT_SUMS.index("sum_ms")], found[WAIT_SUMS.index("count")]) / 60_000


def over(leavings: Leavings, target: Target) -> float:
    """Cases that took longer than a limit, %; `of` is the wait and the limit in minutes, as "time_in_ae 240"."""
    name, _, minutes = target.of.rpartition(" ")
    limits = leavings.axes.limits.get(name, ())
    if not minutes.isdecimal() or int(minutes) not in limits:
        raise NotComparedError(f"what takes longer than {minutes} minutes is not counted for {name}")
    found = _wait(leavings, name, target)
    return 100 * _divided(found[WAIT_SUMS.index(f"over_{limits.index(int(minutes)) + 1}")], found[WAIT_SUMS.index("count")])


def arrivals(leavings: Leavings, target: Target) -> float:
    """People whom the pools take or let queue in a year, non-residents included."""
    at, years = _pool_indices(leavings, target), leavings.axes.years[years_of(leavings, target)]
    found = leavings.table("pools")[years_of(leavings, target)][:, at, POOL_SUMS.index("arrivals")].sum()
    return float(found) / len(years) / leavings.replications


def occupancy(leavings: Leavings, target: Target) -> float:
    """Server time in use, % of server time on duty."""
    at = _pool_indices(leavings, target)
    found = leavings.table("pools")[years_of(leavings, target)][:, at].sum(axis=(0, 1)).astype(np.float64)
    return 100 * _divided(found[POOL_SUMS.index("busy_ms")], found[POOL_SUMS.index("open_ms")])
