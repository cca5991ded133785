"""From rows by age band to one number for each sex, deprivation quintile and single year of age."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from icsim.units import FACTORS

SEXES = ("female", "male")
QUINTILES = ("1", "2", "3", "4", "5")
AGES = 91
"""Single years 0 … 90; 90 stands for 90 and over."""


class Banded(Protocol):
    """What a rate, norm, prevalence or severity-share row has in common."""

    @property
    def sex(self) -> str: ...
    @property
    def age_from(self) -> int: ...
    @property
    def age_to(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...


class Corrected(Protocol):
    """What a correction says."""

    @property
    def sex(self) -> str: ...
    @property
    def quintile(self) -> str: ...
    @property
    def age(self) -> int | None: ...
    @property
    def value(self) -> float: ...
    @property
    def world(self) -> str: ...


def expand_ages(rows: Iterable[Banded], smooth: bool = False) -> np.ndarray:
    """float64[2 sexes, 5 quintiles, 91 ages] in canonical units (per person-year, share from 0 to 1).

    `*` fills all sexes or quintiles; a later row overrides an earlier one; ages that no row names are 0. With
    `smooth`, values are joined log-linearly between the middles of the bands and stay level beyond the first and the
    last; next to a gap or a zero they step.
    """
    values = np.zeros((len(SEXES), len(QUINTILES), AGES))
    owner = np.full(values.shape, -1, np.int64)
    for number, row in enumerate(rows):
        cells = (
            _chosen(row.sex, SEXES),
            _chosen(getattr(row, "quintile", "*"), QUINTILES),
            slice(row.age_from, row.age_to + 1),
        )
        values[cells] = row.value * FACTORS[row.unit]
        owner[cells] = number
    if smooth:
        for index in np.ndindex(values.shape[:2]):
            values[index] = _joined(values[index], owner[index])
    return values


def corrections(rows: Iterable[Corrected]) -> np.ndarray:
    """float64[2 sexes, 5 quintiles, 91 ages]: product of the corrections of one event or weight, in a world with trends."""
    factor = np.ones((len(SEXES), len(QUINTILES), AGES))
    by_age: dict[tuple[str, str], list[Corrected]] = {}
    for row in (row for row in rows if not row.world):
        whom = _chosen(row.sex, SEXES), _chosen(row.quintile, QUINTILES)
        if row.age is None:
            factor[whom] *= row.value
        else:
            by_age.setdefault((row.sex, row.quintile), []).append(row)
    for (sex, quintile), knots in by_age.items():
        known = sorted((row.age, row.value) for row in knots if row.age is not None)
        ages, values = np.array(known).T
        whom = _chosen(sex, SEXES), _chosen(quintile, QUINTILES)
        factor[whom] *= np.exp(np.interp(np.arange(AGES), ages, np.log(values)))
    return factor


def _chosen(name: str, names: tuple[str, ...]) -> slice:
    if name == "*":
        return slice(None)
    at = names.index(name)
    return slice(at, at + 1)


def _joined(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """float64[91] joined log-linearly within each unbroken run of positive bands."""
    cuts = np.flatnonzero(np.diff(owner)) + 1
    first, last = np.r_[0, cuts], np.r_[cuts, len(owner)]
    middle = (first + last) / 2
    ages, joined = np.arange(len(values)) + 0.5, values.copy()
    for bands in _positive_runs(values[first]):
        run = slice(first[bands[0]], last[bands[-1]])
        joined[run] = np.exp(np.interp(ages[run], middle[bands], np.log(values[first[bands]])))
    return joined


def _positive_runs(values: np.ndarray) -> list[np.ndarray]:
    """Indices of consecutive positive values, one array a run."""
    positive = np.flatnonzero(values > 0)
    runs = np.split(positive, np.flatnonzero(np.diff(positive) > 1) + 1)
    return [run for run in runs if len(run)]
