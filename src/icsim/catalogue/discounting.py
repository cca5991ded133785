"""What later years count for today: discount factors from the dated rates of `discounting.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from icsim.catalogue.rows import Discount
from icsim.units import FACTORS

Schedule = Sequence[tuple[int, float]]
"""(year, rate a year from that year on), years counted from 1, in order."""


def schedules(rows: Iterable[Discount], flow: str = "health") -> dict[str, Schedule]:
    """Scheme → its schedule for a flow ("health" or "money"), schemes in file order."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        if row.flow == flow:
            found.setdefault(row.scheme, []).append((row.from_year, row.value * FACTORS[row.unit]))
    return {scheme: sorted(steps) for scheme, steps in found.items()}


def factors(schedule: Schedule, years: int) -> np.ndarray:
    """float64[years]: what the end of year 1, 2 … counts for, D(t) = D(t − 1) / (1 + rate of year t), D(0) = 1.

    All ones where the schedule is empty. Source: HM Treasury 2022, The Green Book, annex 6.
    """
    rates = np.zeros(years)
    for first, rate in schedule:
        rates[max(first - 1, 0):] = rate
    return 1.0 / np.cumprod(1.0 + rates)


def annuity(schedule: Schedule, years: int) -> float:
    """What one unit a year for so many years counts for today: Σ D(t)."""
    return float(factors(schedule, years).sum())
