"""The 20-condition world that all residents' benchmarks simulate: rates, ratios, mortality, ages.

Nobody has a condition at the start. Each condition comes at its own rate by age, lasts for life, and multiplies the rate
of death by its own ratio. Rates are tables by single year of age, as published ones are; they rise exponentially with
age. Ages at the start are uniform.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CONDITIONS = 20
YEARS = 10
YOUNGEST, OLDEST_AT_START = 20, 79
_AGES = np.arange(91)
_AT_60, _SLOPE = np.linspace(0.004, 0.012, CONDITIONS), np.linspace(0.02, 0.06, CONDITIONS)
ONSET = np.round(_AT_60[:, None] * np.exp(_SLOPE[:, None] * (_AGES - 60)), 9)
"""float64[condition, age], onsets a person-year by completed age; the last is 90 and over."""
RATIO = np.round(np.linspace(1.1, 1.5, CONDITIONS), 6)
MORTALITY = np.round(3e-5 * np.exp(0.095 * _AGES), 9)
"""Deaths a person-year by completed age, without any condition; the last is 90 and over."""


class Outcome(NamedTuple):
    """What a version of the world ended with; compared between versions."""

    residents: int
    deaths: int
    conditions: int
    """conditions carried by those alive at the end"""
    squares: int
    """the same, squared by person: for the Monte-Carlo error"""

    @property
    def death_share(self) -> tuple[float, float]:
        """Share who died, with its standard error."""
        p = self.deaths / self.residents
        return p, (p * (1 - p) / self.residents) ** 0.5

    @property
    def carried(self) -> tuple[float, float]:
        """Conditions a survivor, with its standard error."""
        alive = self.residents - self.deaths
        mean = self.conditions / alive
        return mean, ((self.squares / alive - mean**2) / alive) ** 0.5


def outcome(has: np.ndarray, alive: np.ndarray) -> Outcome:
    """From bool[resident, condition] and bool[resident]."""
    count = has[alive].sum(axis=1, dtype=np.int64)
    return Outcome(len(alive), int((~alive).sum()), int(count.sum()), int((count**2).sum()))


def differ(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How many standard errors lie between two figures."""
    return (a[0] - b[0]) / (a[1] ** 2 + b[1] ** 2) ** 0.5


class DifferentWorldError(AssertionError):
    """Two versions did not simulate the same world, so their times say nothing about each other."""


def require_same(name: str, found: Outcome, low: Outcome, high: Outcome, errors: float = 4.0) -> None:
    """`found` lies between two discrete versions (conditions act from the next step on, or at once), but for chance.

    Continuous time lies between the two; another discrete version must match one of them. Raises DifferentWorldError.
    """
    for what in ("death_share", "carried"):
        value, one, other = getattr(found, what), getattr(low, what), getattr(high, what)
        below, above = sorted((one, other))
        if differ(value, below) < -errors or differ(value, above) > errors:
            raise DifferentWorldError(f"{name}: {what} {value[0]:.5f} lies outside {below[0]:.5f} to {above[0]:.5f}")
